import { replies } from './catalogue/replies.ts';
import { testFaults } from './faults.ts';

testFaults(replies);
