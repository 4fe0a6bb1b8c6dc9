import { workers } from './catalogue/workers.ts';
import { testFaults } from './faults.ts';

testFaults(workers);
