/** The product's thread, with the kinds of these tests. */
import './thread-kinds.ts';
import '#bin/thread.ts';
