import { parseArguments, UsageError } from '../../../src/model-format/command/arguments';
import { bytes } from '../../../src/model-format/command/report';
import { folderOf } from '../../../src/model-format/command/target';
import { harmless, Progress, screenOf, wrap } from '../../../src/model-format/command/terminal';
import { HubFolder } from '../../../src/model-format/folders/hub-folder';
import { LocalFolder } from '../../../src/model-format/folders/local-folder';
import { S3Folder } from '../../../src/model-format/folders/s3-folder';

const RULES = ['missing-shard', 'missing-file', 'custom-code'];

describe('arguments', () => {
  test('have defaults', () => {
    expect(parseArguments(['check', '.'], RULES)).toEqual({ command: 'check', target: '.', region: undefined, acknowledged: [], strict: false, json: false });
  });

  test('may all be given', () => {
    expect(parseArguments(['check', '--strict', '--json', '--region=us-gov-west-1', '--acknowledge', 'custom-code', 's3://a', '--acknowledge=missing-file'], RULES))
      .toEqual({ command: 'check', target: 's3://a', region: 'us-gov-west-1', acknowledged: ['custom-code', 'missing-file'], strict: true, json: true });
  });

  test.each([[['--help'], 'help'], [['-h'], 'help'], [['check', '--help'], 'help'], [['--version'], 'version']])('%j is a command', (args, command) => {
    expect(parseArguments(args, RULES)).toEqual({ command });
  });

  test.each([
    [[], 'A command is missing. The only one is "check".'],
    [['import'], 'Unknown command "import". The only one is "check".'],
    [['check'], 'The model is missing. Give a directory, s3://bucket/prefix or hf://organization/model.'],
    [['check', 'a', 'b'], 'One model at a time: "a" or "b".'],
    [['check', 'a', '--no-color'], 'Unknown option \'--no-color\''],
    [['check', 'a', '--region', 'mars'], '--region: "mars" is no Region. Write one like "us-east-1".'],
    [['check', 'a', '--acknowledge', 'Missing-shards'], '--acknowledge: there is no rule "Missing-shards". Do you mean "missing-shard"?'],
    [['check', 'a', '--acknowledge', 'x'], '--acknowledge: there is no rule "x". Use one of: custom-code, missing-file, missing-shard.'],
  ])('%j are refused', (args, message) => {
    expect(() => parseArguments(args, RULES)).toThrow(UsageError);
    expect(() => parseArguments(args, RULES)).toThrow(message);
  });
});

describe('a target', () => {
  test.each([
    ['s3://amzn-s3-demo-bucket', S3Folder], ['s3://amzn-s3-demo-bucket/a/b/', S3Folder], ['hf://a/b', HubFolder], ['hf://gpt2@v1', HubFolder],
    ['hf://a/b@refs/pr/1', HubFolder], ['.', LocalFolder], ['C:\\model', LocalFolder], ['a/b', LocalFolder],
  ])('%s is a folder', (target, folder) => {
    expect(folderOf(target, 'us-east-1', {})).toBeInstanceOf(folder);
  });

  test.each([
    ['s3://A/b c', 'The model: "s3://A/b c" must be an S3 URI of at most 1024 characters'],
    ['hf://a/b/c', '"hf://a/b/c" is no model on the Hub. Write hf://organization/model, or hf://organization/model@revision.'],
    ['hf://a/b@', '"hf://a/b@" is no model on the Hub.'],
    ['https://huggingface.co/a/b', '"https://huggingface.co/a/b": give a directory, s3://bucket/prefix or hf://organization/model.'],
  ])('%s is refused', (target, message) => {
    expect(() => folderOf(target, 'us-east-1', {})).toThrow(message);
  });
});

describe('the terminal', () => {
  test('has colors if it says so', () => {
    const paint = (stream: Parameters<typeof screenOf>[0]) => screenOf(stream).paint('red', 'a');

    expect(paint({ isTTY: true, hasColors: () => true })).toBe('\x1b[31ma\x1b[39m');
    expect(paint({ isTTY: true, hasColors: () => false })).toBe('a'); // such as NO_COLOR
    expect(paint({})).toBe('a');
  });

  test.each([[undefined, 80], [0, 80], [100, 100], [500, 120], [10, 40]])('with %s columns has a report of %s', (columns, expected) => {
    expect(screenOf({ isTTY: true, columns }).columns).toBe(expected);
  });

  test('shows one line of progress, and erases it', () => {
    const written: string[] = [];
    const write = (text: string) => { written.push(text); return true; };
    const progress = new Progress({ isTTY: true, write } as ConstructorParameters<typeof Progress>[0]);
    progress.clear();
    progress.show('Reading files 1/2');
    progress.clear();
    progress.clear();
    new Progress({ isTTY: false, write } as ConstructorParameters<typeof Progress>[0]).show('nothing');

    expect(written).toEqual(['\r\x1b[KReading files 1/2', '\r\x1b[K']);
  });

  test('is not controlled by what is shown', () => {
    expect(harmless('a\x1b[2J\n\u009b\u202eé模')).toBe('a\\u001b[2J\\u000a\\u009b\\u202eé模');
  });

  test('breaks lines between words', () => {
    expect(wrap('a bb ccc https://example.com d', 6)).toEqual(['a bb', 'ccc', 'https://example.com', 'd']);
    expect(wrap('', 6)).toEqual(['']);
  });

  test.each([[0, '0 bytes'], [999, '999 bytes'], [1000, '1 kB'], [31_144, '31.1 kB'], [999_499, '999 kB'], [999_500, '1 MB'], [16_060_000_000, '16.1 GB'], [2e15, '2000 TB']])('%s is %s', (size, text) => {
    expect(bytes(size)).toBe(text);
  });
});
