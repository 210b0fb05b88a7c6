"""The AWS clients of the engine: S3 and Lambda of the local AWS, and the Bedrock server. Nothing else can be called."""

import functools
import os
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from localstack.services.stepfunctions.asl.utils import boto_client

_LOCAL_AWS = os.environ["LOCAL_AWS_ENDPOINT"]
_BEDROCK = os.environ["BEDROCK_ENDPOINT"]
_ENDPOINTS = {"s3": _LOCAL_AWS, "lambda": _LOCAL_AWS, "bedrock": _BEDROCK, "bedrock-runtime": _BEDROCK}

for _endpoint in _ENDPOINTS.values():
    assert urlsplit(_endpoint).hostname in ("127.0.0.1", "localhost", "::1"), f"{_endpoint} is not on this machine"


@functools.cache
def client(service, region="us-east-1"):
    if service not in _ENDPOINTS:
        raise ValueError(f"no endpoint for the service {service}")
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=_ENDPOINTS[service],
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            parameter_validation=False,  # the servers do that
            retries={"total_max_attempts": 1},
            max_pool_connections=200,
            read_timeout=900,
            proxies={},
            s3={"addressing_style": "path"},
        ),
    )


# Bound by name where it is used, so this comes before all other imports of the engine.
boto_client.boto_client_for = lambda service, region, state_credentials: client(service, region)
