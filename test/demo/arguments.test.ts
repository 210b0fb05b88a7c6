import { parseArguments } from '../../demo/arguments';

test('has no options by default', () => {
  expect(parseArguments([])).toEqual({ batch: false, keep: false, verbose: false, help: false });
});

test('accepts every option', () => {
  expect(parseArguments(['--batch', '--keep', '--verbose', '--help'])).toEqual({ batch: true, keep: true, verbose: true, help: true });
});

test.each([
  [['--kep'], "Unknown option '--kep'"],
  [['-k'], "Unknown option '-k'"],
  [['keep'], "Unexpected argument 'keep'"],
  [['--keep=yes'], "Option '--keep' does not take an argument"],
])('refuses %j', (args, message) => {
  expect(() => parseArguments(args)).toThrow(message);
});
