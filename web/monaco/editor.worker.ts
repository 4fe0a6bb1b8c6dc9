/** What Monaco does beside the page: the lines of a diff, words, links. */
import 'monaco-editor/editor/editor.worker';
