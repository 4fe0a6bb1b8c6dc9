import { sockets } from './catalogue/sockets.ts';
import { testFaults } from './faults.ts';

testFaults(sockets);
