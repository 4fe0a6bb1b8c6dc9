import { loading } from './catalogue/loading.ts';
import { testFaults } from './faults.ts';

testFaults(loading);
