import { children } from './catalogue/children.ts';
import { testFaults } from './faults.ts';

testFaults(children);
