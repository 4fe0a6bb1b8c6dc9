import { describe, expect, it } from 'vitest';
import { ImportGraph } from '../../../runtime/kernel/functions/graph.ts';

function graphOf(...edges: readonly (readonly [string, string])[]): ImportGraph {
  const graph = new ImportGraph();
  for (const [importer, imported] of edges) graph.add(importer, imported);
  return graph;
}

const sorted = (names: Set<string>): string[] => [...names].toSorted();

describe('ImportGraph', () => {
  it('dependents() answers direct and indirect importers, and not what is imported', () => {
    const graph = graphOf(['a', 'lib'], ['b', 'a'], ['c', 'b'], ['lib', 'base'], ['other', 'base2']);
    expect(sorted(graph.dependents(['lib']))).toEqual(['a', 'b', 'c']);
    expect(sorted(graph.dependents(['c']))).toEqual([]);
  });

  it('dependents() answers an importer once however many ways lead to it', () => {
    const graph = graphOf(['left', 'base'], ['right', 'base'], ['top', 'left'], ['top', 'right']);
    expect(sorted(graph.dependents(['base']))).toEqual(['left', 'right', 'top']);
  });

  it('dependents() ends on cycles and then holds the name itself', () => {
    const graph = graphOf(['a', 'b'], ['b', 'c'], ['c', 'a'], ['d', 'a'], ['e', 'e']);
    expect(sorted(graph.dependents(['a']))).toEqual(['a', 'b', 'c', 'd']);
    expect(sorted(graph.dependents(['e']))).toEqual(['e']);
  });

  it('dependents() of several names holds one of them only if it imports another', () => {
    const graph = graphOf(['a', 'b'], ['c', 'a']);
    expect(sorted(graph.dependents(['a', 'b']))).toEqual(['a', 'c']);
  });

  it('dependents() of nothing and of unknown names is empty', () => {
    expect(graphOf(['a', 'b']).dependents([])).toEqual(new Set());
    expect(graphOf(['a', 'b']).dependents(['x', '__proto__'])).toEqual(new Set());
  });

  it('remove() forgets the importer and nobody else, also what was never there', () => {
    const graph = graphOf(['a', 'lib'], ['b', 'lib'], ['a', 'base']);
    graph.remove('a', ['lib', 'unknown']);
    graph.remove('nobody', ['lib']);
    expect(sorted(graph.dependents(['lib']))).toEqual(['b']);
    expect(sorted(graph.dependents(['base']))).toEqual(['a']);
  });

  it('add() twice is removed once', () => {
    const graph = graphOf(['a', 'lib'], ['a', 'lib']);
    graph.remove('a', ['lib']);
    expect(graph.dependents(['lib'])).toEqual(new Set());
  });
});
