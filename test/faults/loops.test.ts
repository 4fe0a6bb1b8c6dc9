import { loops } from './catalogue/loops.ts';
import { testFaults } from './faults.ts';

testFaults(loops);
