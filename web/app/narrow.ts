export { useNarrow } from '../ui/narrow.ts';
