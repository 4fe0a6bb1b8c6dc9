import { errors } from './catalogue/errors.ts';
import { testFaults } from './faults.ts';

testFaults(errors);
