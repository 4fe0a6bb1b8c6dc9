import { native } from './catalogue/native.ts';
import { testFaults } from './faults.ts';

testFaults(native);
