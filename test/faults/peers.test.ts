import { peers } from './catalogue/peers.ts';
import { testFaults } from './faults.ts';

testFaults(peers);
