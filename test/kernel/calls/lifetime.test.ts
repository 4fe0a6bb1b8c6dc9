import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../runtime/kernel/calls/in-flight.ts';
import { FunctionLifetimes, type Held, Lifetime } from '../../../runtime/kernel/calls/lifetime.ts';

function setUp() {
  const ended: string[] = [];
  const held = (name: string, finite = false): Held => ({ finite, end: () => void ended.push(name) });
  return { ended, held };
}

describe('Lifetime', () => {
  it('ends what it holds, once, but for what has ended by itself', () => {
    const { ended, held } = setUp();
    const lifetime = new Lifetime();
    const [first, second] = [held('first'), held('second')];
    lifetime.hold(first);
    lifetime.hold(second);
    lifetime.release(first);
    lifetime.end();
    lifetime.end();
    expect([ended, lifetime.isOver]).toEqual([['second'], true]);
  });

  it('ends at once what is held after its end', () => {
    const { ended, held } = setUp();
    const lifetime = new Lifetime();
    lifetime.end();
    lifetime.hold(held('late', true));
    expect(ended).toEqual(['late']);
  });

  it('begins what was staged when it is accepted, in order, and undoes nothing then', () => {
    const steps: string[] = [];
    const lifetime = new Lifetime('staged');
    lifetime.start(() => steps.push('first'));
    lifetime.start(() => steps.push('second'));
    lifetime.undoes(() => steps.push('undone'));
    expect(steps).toEqual([]);
    lifetime.accept();
    lifetime.start(() => steps.push('third'));
    lifetime.end();
    expect(steps).toEqual(['first', 'second', 'third']);
  });

  it('undoes what was staged when it is refused, the last first, and begins nothing', () => {
    const steps: string[] = [];
    const lifetime = new Lifetime('staged');
    lifetime.start(() => steps.push('begun'));
    lifetime.undoes(() => steps.push('first'));
    lifetime.undoes(() => steps.push('second'));
    lifetime.end();
    lifetime.accept();
    expect(steps).toEqual(['second', 'first']);
  });

  it('retires: ends what is infinite, and leaves the rest to its parent', () => {
    const { ended, held } = setUp();
    const parent = new Lifetime();
    const lifetime = new Lifetime('live', parent);
    const [finite, done] = [held('finite', true), held('done', true)];
    for (const one of [held('infinite'), finite, done]) lifetime.hold(one);
    lifetime.retire();
    lifetime.hold(held('late infinite'));
    lifetime.hold(held('late finite', true));
    lifetime.release(done);
    expect(ended).toEqual(['infinite', 'late infinite']);
    parent.end();
    expect(ended.slice(2).toSorted()).toEqual(['finite', 'late finite']);
  });

  it('ends with its parent', () => {
    const { ended, held } = setUp();
    const parent = new Lifetime();
    new Lifetime('live', parent).hold(held('timer'));
    parent.end();
    expect(ended).toEqual(['timer']);
  });
});

describe('FunctionLifetimes', () => {
  it('end one by one, and begin anew', () => {
    const { ended, held } = setUp();
    const lifetimes = new FunctionLifetimes();
    lifetimes.of('a').hold(held('a'));
    lifetimes.of('b').hold(held('b'));
    lifetimes.end('a');
    lifetimes.end('never there');
    lifetimes.of('a').hold(held('new a'));
    expect(ended).toEqual(['a']);
  });
});

describe('InFlight', () => {
  it('calls back at once when nothing runs', () => {
    const steps: string[] = [];
    new InFlight().whenEnded(() => steps.push('ended'));
    expect(steps).toEqual(['ended']);
  });

  it('calls back once all that ran have ended, whatever began since', () => {
    const steps: string[] = [];
    const inFlight = new InFlight();
    const [first, second] = [inFlight.enter(), inFlight.enter()];
    inFlight.whenEnded(() => steps.push('first'));
    const third = inFlight.enter();
    inFlight.whenEnded(() => steps.push('second'));
    inFlight.enter();
    inFlight.leave(first);
    expect(steps).toEqual([]);
    inFlight.leave(second);
    expect(steps).toEqual(['first']);
    inFlight.leave(third);
    expect(steps).toEqual(['first', 'second']);
  });
});
