import { parseArguments } from '../../demo/arguments';

test('by default nothing is kept and the CDK CLI is quiet', () => {
  expect(parseArguments([])).toEqual({ keep: false, verbose: false, help: false });
});

test('takes every option', () => {
  expect(parseArguments(['--keep', '--verbose', '--help'])).toEqual({ keep: true, verbose: true, help: true });
});

test.each([
  [['--kep'], "Unknown option '--kep'"],
  [['-k'], "Unknown option '-k'"],
  [['keep'], "Unexpected argument 'keep'"],
  [['--keep=yes'], "Option '--keep' does not take an argument"],
])('refuses %j', (args, message) => {
  expect(() => parseArguments(args)).toThrow(message);
});
