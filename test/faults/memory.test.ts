import { memory } from './catalogue/memory.ts';
import { testFaults } from './faults.ts';

testFaults(memory);
