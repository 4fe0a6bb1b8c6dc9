import { intrinsics } from './catalogue/intrinsics.ts';
import { testFaults } from './faults.ts';

testFaults(intrinsics);
