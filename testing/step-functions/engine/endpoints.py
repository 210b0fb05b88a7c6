"""The AWS clients of the engine: S3 and Lambda of the local AWS, and the Bedrock server. Nothing else can be called."""

import os
import threading
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from localstack.services.stepfunctions.asl.utils import boto_client

_LOCAL_AWS = os.environ["LOCAL_AWS_ENDPOINT"]
_BEDROCK = os.environ["BEDROCK_ENDPOINT"]
_ENDPOINTS = {"s3": _LOCAL_AWS, "lambda": _LOCAL_AWS, "bedrock": _BEDROCK, "bedrock-runtime": _BEDROCK}

_CONFIG = Config(
    parameter_validation=False,  # the servers do that
    retries={"total_max_attempts": 1},
    max_pool_connections=200,
    read_timeout=900,
    proxies={},
    s3={"addressing_style": "path"},
)

for _endpoint in _ENDPOINTS.values():
    assert urlsplit(_endpoint).hostname in ("127.0.0.1", "localhost", "::1"), f"{_endpoint} is not on this machine"


_session = botocore.session.get_session()
_clients = {}
_creation = threading.Lock()  # a session is not thread-safe, but its clients are


def client(service):
    if service not in _ENDPOINTS:
        raise ValueError(f"no endpoint for the service {service}")
    with _creation:
        if service not in _clients:
            _clients[service] = _session.create_client(
                service,
                endpoint_url=_ENDPOINTS[service],
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=_CONFIG,
            )
    return _clients[service]


# Bound by name where it is used, so this comes before all other imports of the engine.
boto_client.boto_client_for = lambda service, region, state_credentials: client(service)
