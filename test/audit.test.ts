import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

interface Advisory {
  readonly id: number;
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
}

/** Runs the audit with the real npm, and a registry that knows these advisories; without any, the registry does not offer audits. */
async function audit(advisories?: { readonly [name: string]: Advisory }) {
  let asked: { [name: string]: string[] } = {};
  const registry = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk)).on('end', () => {
      if (advisories === undefined || request.method !== 'POST') return response.writeHead(405).end();
      const sent = Buffer.concat(body);
      asked = JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent));
      return response.end(JSON.stringify(Object.fromEntries(Object.entries(advisories).map(([name, advisory]) => [name, [advisory]]))));
    });
  });
  await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
  const { code, output } = await new Promise<{ code: unknown; output: string }>(resolve =>
    execFile('npx', ['tsx', 'scripts/audit.ts', `--registry=${url}`], (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr })));
  await new Promise(resolve => registry.close(resolve));
  return { code, output, asked };
}

const advisory = (title: string): Advisory => ({ id: 1, title, url: 'https://github.com/advisories/GHSA-1', severity: 'high', vulnerable_versions: '*' });

describe('the audit', () => {
  jest.setTimeout(60_000);

  test('asks for what is bundled, in the locked version, and passes without a vulnerability', async () => {
    const { version } = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages['node_modules/@aws-sdk/client-bedrock'];
    const { code, output, asked } = await audit({});

    expect(asked['@aws-sdk/client-bedrock']).toEqual([version]);
    expect(output).toMatch(/^\d+ bundled packages, 0 with a known vulnerability\n$/);
    expect(code).toBe(0);
  });

  test('fails with a vulnerability of a bundled package', async () => {
    const { code, output } = await audit({ '@huggingface/jinja': advisory('Bad') });

    expect(output).toContain('ERROR: bundled: @huggingface/jinja (high): Bad, https://github.com/advisories/GHSA-1\n');
    expect(output).toContain(', 1 with a known vulnerability');
    expect(code).toBe(1);
  });

  test('warns of a vulnerability of a development dependency', async () => {
    const { code, output } = await audit({ jest: advisory('Bad') });

    expect(output).toContain('warning: for development: jest (high): Bad');
    expect(code).toBe(0);
  });

  test('claims nothing if the registry does not audit', async () => {
    expect(await audit()).toMatchObject({ code: 2, output: expect.stringMatching(/^not audited: 405 /) });
  });
});
