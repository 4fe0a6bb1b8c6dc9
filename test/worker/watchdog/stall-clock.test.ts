import { expect, it } from 'vitest';
import { StallClock } from '../../../runtime/worker/watchdog/stall-clock.ts';

it('look() adds up the time for which the beat is the same, and begins anew with each other one', () => {
  const clock = new StallClock();
  const looks = [
    [7, 1000],
    [7, 1025],
    [7, 1050],
    [8, 1075],
    [8, 1090],
    [7, 1100],
  ] as const;
  expect(looks.map(([beat, now]) => clock.look(beat, now))).toEqual([0, 25, 50, 0, 15, 0]);
});

it('look() takes the first beat for a healthy one, whatever it is', () => {
  expect([0, 5].map((beat) => new StallClock().look(beat, 90_000))).toEqual([0, 0]);
});

it('look() counts at most 100 ms for the time since the last one: a machine may sleep', () => {
  const clock = new StallClock();
  clock.look(1, 0);
  expect([clock.look(1, 100), clock.look(1, 3_600_000), clock.look(1, 3_600_025)]).toEqual([100, 200, 225]);
});
