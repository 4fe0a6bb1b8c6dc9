// @ts-check
import './node.mjs';
import { orFail, prepare } from './prepare.mjs';

await orFail(() => prepare('runtime'));
