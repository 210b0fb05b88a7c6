import { SystemClock, VirtualClock } from './clock';

describe('VirtualClock', () => {
  test('advances only on request', () => {
    const clock = new VirtualClock(1000);
    expect(clock.now()).toBe(1000);
    clock.advance(500);
    expect(clock.now()).toBe(1500);
    clock.set(1_000_000);
    expect(clock.now()).toBe(1_000_000);
  });

  test.each([999, NaN])('does not go back, to %d', (time) => {
    const clock = new VirtualClock(1000);
    expect(() => clock.set(time)).toThrow(RangeError);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(clock.now()).toBe(1000);
  });
});

describe('SystemClock', () => {
  beforeEach(() => jest.useFakeTimers({ now: 1_700_000_000_000 }));
  afterEach(() => jest.useRealTimers());

  test.each([
    [undefined, 5_000],
    [180, 900_000],
    [0.5, 2_500],
  ])('at speed %p, five seconds are %d ms', (speed, expected) => {
    const clock = new SystemClock(speed);
    expect(clock.now()).toBe(1_700_000_000_000);
    jest.advanceTimersByTime(5_000);
    expect(clock.now()).toBe(1_700_000_000_000 + expected);
    expect(clock.realMs(expected)).toBe(5_000);
  });

  test('is not affected by changes of the system clock', () => {
    const clock = new SystemClock();
    jest.setSystemTime(0);
    expect(clock.now()).toBe(1_700_000_000_000);
  });

  test.each([0, -1, NaN, Infinity])('refuses speed %p', (speed) => {
    expect(() => new SystemClock(speed)).toThrow(RangeError);
  });
});
