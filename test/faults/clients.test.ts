import { clients } from './catalogue/clients.ts';
import { testFaults } from './faults.ts';

testFaults(clients);
