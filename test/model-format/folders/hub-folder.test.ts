import { FolderError } from '../../../src/model-format/folders/folder-error';
import { HubFolder, type HubModel } from '../../../src/model-format/folders/hub-folder';
import { hubFile, HubRefusal, type HubRepository, type HubServer, type HubServerOptions, startHubServer } from '../../../testing/hub-server/server';

const NAME = 'example-org/tiny-llama';
const SHA = '0123456789012345678901234567890123456789';
const OTHER_SHA = 'abcdefabcdefabcdefabcdefabcdefabcdefabcd';
const FILES = {
  '.gitattributes': hubFile('*.safetensors filter=lfs'),
  'config.json': hubFile('{"model_type":"llama"}'),
  'a b/é%#?.txt': hubFile('0123456789'),
  'model.safetensors': { size: 40e9, isLarge: true, read: async (start: number, end: number) => new Uint8Array(end - start).fill(7) },
};
const REPOSITORY: HubRepository = {
  revisions: { 'main': { sha: SHA, files: FILES }, 'refs/pr/1': { sha: OTHER_SHA, files: { 'config.json': hubFile('{}') } } },
};

let server: HubServer | undefined;
afterEach(async () => server?.close());

async function folderOf(
  { revision, name = NAME }: Partial<HubModel> = {},
  { repository = REPOSITORY, ...more }: { repository?: HubRepository } & HubServerOptions = {},
  token?: string,
): Promise<HubFolder> {
  await server?.close();
  server = await startHubServer({ [NAME]: repository }, more);
  return new HubFolder({ name, revision }, { endpoint: `${server.url}/`, token, retryDelaysMs: [0, 0] });
}

const textOf = async (folder: HubFolder, path: string, start = 0, end = 100) => Buffer.from(await folder.read(path, start, end)).toString();
const messageOf = async (promise: Promise<unknown>) => promise.then(() => undefined, (error: Error) => error.message.replaceAll(server!.url, 'https://hub'));

test('has the files of one commit, with the hash of the content', async () => {
  const folder = await folderOf();

  expect(await folder.list()).toEqual([
    { path: '.gitattributes', size: 24, etag: expect.stringMatching(/^[0-9a-f]{40}$/) },
    { path: 'config.json', size: 22, etag: expect.stringMatching(/^[0-9a-f]{40}$/) },
    { path: 'a b/é%#?.txt', size: 10, etag: expect.stringMatching(/^[0-9a-f]{40}$/) },
    { path: 'model.safetensors', size: 40e9, etag: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(folder.commit).toBe(SHA);
});

test.each([['main', SHA], ['refs/pr/1', OTHER_SHA], [OTHER_SHA, OTHER_SHA], [undefined, SHA]])('the revision %s is the commit %s', async (revision, sha) => {
  const folder = await folderOf({ revision });
  await folder.read('config.json', 0, 2);

  expect(folder.commit).toBe(sha);
  expect(server!.requests.slice(1)).toEqual([`/api/models/${NAME}/tree/${sha}`, `/${NAME}/resolve/${sha}/config.json`]);
});

test('reads only the ranges, also from the storage of large files', async () => {
  const folder = await folderOf({}, {}, 'hf_reader');

  expect(await textOf(folder, 'config.json', 2, 12)).toBe('model_type');
  expect(await textOf(folder, 'a b/é%#?.txt', 8, 100)).toBe('89');
  expect(await folder.read('model.safetensors', 0, 8)).toEqual(Buffer.alloc(8, 7));
  expect(await folder.read('config.json', 22, 30)).toHaveLength(0);
  expect(await folder.read('config.json', 3, 3)).toHaveLength(0);
  expect(server!.sent()).toBe(20);
  expect(folder.cost).toEqual({ calls: 2 + 4, bytes: 20 });
});

test('keeps only the range of a file that comes whole', async () => {
  const files = { 'config.json': FILES['config.json'], 'tokenizer.json': hubFile('x'.repeat(10_000_000)) };
  const folder = await folderOf({}, { ignoresRanges: true, repository: { revisions: { main: { sha: SHA, files } } } });

  expect(await textOf(folder, 'config.json', 2, 12)).toBe('model_type');
  expect(await textOf(folder, 'tokenizer.json', 1, 3)).toBe('xx');
  expect(folder.cost.bytes).toBeLessThan(1_000_000); // the rest is not received
});

test('the list comes in pages, and is read once', async () => {
  const files = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}.json`, hubFile('')]));
  const folder = await folderOf({}, { repository: { revisions: { main: { sha: SHA, files } } } });

  expect((await folder.list()).map(({ path }) => path)).toEqual(Object.keys(files));
  expect(await folder.list()).toHaveLength(3000);
  expect(server!.requests).toHaveLength(4);
});

test.each([['an error of the server', 502], ['a lost connection', 0]])('%s is tried again, three times', async (_, status) => {
  let failures = 2;
  const before = () => { if (failures-- > 0) throw new HubRefusal(status, undefined, 'Bad Gateway'); };
  const folder = await folderOf({}, { before });

  expect(await folder.list()).toHaveLength(4);
  failures = 3;
  await expect(folder.read('config.json', 0, 2)).rejects.toThrow('hf://example-org/tiny-llama/config.json cannot be read: ');
});

describe('an error says what to do:', () => {
  test('no such model, or a private one', async () => {
    expect(await messageOf((await folderOf({ name: 'example-org/none' })).list())).toBe('hf://example-org/none cannot be read: '
      + 'the Hub answers 401 RepoNotFound (Invalid username or password). Correct the name of the model, or set HF_TOKEN to an access token if it is private.');
    expect(await messageOf((await folderOf({}, { repository: { ...REPOSITORY, isPrivate: true } }, 'hf_stranger')).list())).toBe(
      'hf://example-org/tiny-llama cannot be read: the Hub answers 404 RepoNotFound (Repository not found). '
      + 'Correct the name of the model, or set HF_TOKEN to the access token of an account that may read it.');
  });

  test.each([[undefined, 401], ['hf_stranger', 403]])('a gated model, with the token %s', async (token, status) => {
    const folder = await folderOf({ revision: 'main' }, { repository: { ...REPOSITORY, isGated: true } }, token);

    expect(await folder.list()).toHaveLength(4);
    expect(await messageOf(folder.read('config.json', 0, 2))).toBe('hf://example-org/tiny-llama@main/config.json cannot be read: '
      + `the Hub answers ${status} GatedRepo (Access to model example-org/tiny-llama is restricted). Accept the conditions of the model on `
      + 'https://hub/example-org/tiny-llama, and set HF_TOKEN to an access token of the same account.');
  });

  test('private and gated models are read with a token', async () => {
    const folder = await folderOf({}, { repository: { ...REPOSITORY, isPrivate: true, isGated: true } }, 'hf_reader');

    expect(await textOf(folder, 'config.json')).toBe('{"model_type":"llama"}');
  });

  test('an invalid token', async () => {
    expect(await messageOf((await folderOf({}, {}, 'hf_expired')).list())).toBe('hf://example-org/tiny-llama cannot be read: '
      + 'the Hub answers 401 (Invalid credentials in Authorization header). Set HF_TOKEN to a valid access token, or unset it.');
  });

  test('no such revision', async () => {
    expect(await messageOf((await folderOf({ revision: 'v2' })).list())).toBe('hf://example-org/tiny-llama@v2 cannot be read: '
      + 'the Hub answers 404 RevisionNotFound (Invalid rev id: v2). Use a branch, a tag or a commit of https://hub/example-org/tiny-llama.');
  });

  test.each([
    [{ 'retry-after': '30' }, undefined, 'Check again in 30 s, or set HF_TOKEN to an access token, which has a higher limit.'],
    [{ ratelimit: '"api";r=0;t=55' }, 'hf_reader', 'Check again in 55 s.'],
    [{}, 'hf_reader', 'Check again later.'],
  ])('too many requests, with the headers %j', async (headers: Record<string, string>, token, remedy) => {
    const folder = await folderOf({}, { before: () => { throw new HubRefusal(429, undefined, 'Too many', headers); } }, token);

    expect(await messageOf(folder.list())).toBe(`hf://example-org/tiny-llama cannot be read: the Hub answers 429 (Too many). ${remedy}`);
    expect(server!.requests).toHaveLength(1);
  });

  test('no network', async () => {
    const folder = await folderOf();
    await server!.close();

    expect(await messageOf(folder.list())).toMatch(/^hf:\/\/example-org\/tiny-llama cannot be read: connect ECONNREFUSED .*\. Check the network, and HF_ENDPOINT if it is set\.$/);
  });
});

describe('a token', () => {
  test.each(['hf_reader\n', ' hf_reader ', '\thf_reader\r\n'])('%j is sent without white space', async (token) => {
    const folder = await folderOf({}, { repository: { ...REPOSITORY, isPrivate: true } }, token);

    expect(await folder.list()).toHaveLength(4);
  });

  test('that is only white space is none', async () => {
    const folder = await folderOf({}, {}, ' \n');

    expect(await folder.list()).toHaveLength(4);
  });

  test.each(['hf_se cret', 'hf_se\ncret', '\u201chf_secret\u201d', 'hf_s\u0435cret'])('%j is refused, and not shown', (token) => {
    expect(() => new HubFolder({ name: NAME }, { token }))
      .toThrow(/^HF_TOKEN has spaces or characters that no access token has\. Set it to the access token alone, or unset it\.$/);
  });
});

describe('what is not the answer of the Hub is an error:', () => {
  afterEach(() => jest.restoreAllMocks());
  const file = { type: 'file', path: 'config.json', size: 2, oid: 'x' };

  test.each<[string, ...unknown[]]>([
    ['a page of a proxy', '<html>Sign in</html>'],
    ['nothing', ''],
    ['null', null],
    ['a list', []],
    ['a commit that is a number', { sha: 1 }],
    ['an object in the place of the list', { sha: SHA }, { error: 'none' }],
    ['null in the list', { sha: SHA }, [null]],
    ['a file without a size', { sha: SHA }, [{ ...file, size: undefined }]],
    ['a file without a path', { sha: SHA }, [{ ...file, path: undefined }]],
    ['a large file without a hash', { sha: SHA }, [{ ...file, lfs: { size: 1 } }]],
  ])('%s', async (_, ...answers) => {
    const fetched = jest.spyOn(global, 'fetch');
    for (const answer of answers) fetched.mockResolvedValueOnce(new Response(typeof answer === 'string' ? answer : JSON.stringify(answer)));

    await expect(new HubFolder({ name: NAME }, { endpoint: 'https://hub', retryDelaysMs: [0, 0] }).list()).rejects.toThrow(new FolderError(
      'hf://example-org/tiny-llama cannot be read: what https://hub answers is not what the Hub answers',
      'Check HF_ENDPOINT, and whether a proxy asks you to sign in'));
    expect(fetched).toHaveBeenCalledTimes(answers.length);
  });
});

test('without an endpoint it is the one of Hugging Face', async () => {
  const fetched = jest.spyOn(global, 'fetch').mockRejectedValue(new Error('no network in tests'));

  await expect(new HubFolder({ name: NAME }, { retryDelaysMs: [] }).list()).rejects.toThrow('no network in tests');
  expect(fetched.mock.calls[0][0]).toMatch(/^https:\/\/huggingface\.co\/api\/models\/example-org\/tiny-llama\/revision\/main\?/);
  fetched.mockRestore();
});
