/**
 * What V8 is told in the web server's process, for the memory of uploads (docs/ingest.md). Rows stream through it, and each of them is garbage a moment later. V8
 * takes what a few collections met for what lives long, makes the next ones where only a full collection looks, and a file of 180 MB then takes 300.
 */
export const WEB_FLAGS = [
  '--no-allocation-site-pretenuring',
  // MB, of which it uses twice as much. Without a bound it is 64 where the machine has much memory.
  '--max-semi-space-size=32',
];
