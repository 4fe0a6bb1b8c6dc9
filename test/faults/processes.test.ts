import { processes } from './catalogue/processes.ts';
import { testFaults } from './faults.ts';

testFaults(processes);
