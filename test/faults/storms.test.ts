import { storms } from './catalogue/storms.ts';
import { testFaults } from './faults.ts';

testFaults(storms);
