'use strict';
// Local osls plugin: bundles every function with esbuild and packs each into a zip of its own. CommonJS, because it starts 10 to
// 20 ms sooner than ESM on the Lambda runtimes; the SDK inside, because resolving it from node_modules is slower still.
const { existsSync } = require('node:fs');
const { readFile, readdir, mkdir, rm, writeFile } = require('node:fs/promises');
const path = require('node:path');
const esbuild = require('esbuild');
const { zipSync } = require('fflate');

/** The lowest Node that must run the bundles: the laptop's. Lambda's is newer. */
const TARGET = 'node20';

/** Go's collector may leave more lying about: a build lives for seconds, and a quarter of its time would be spent on tidying up. */
process.env.GOGC ??= '1000';

/** Beyond it, a zip takes half as long again and is 3 % smaller. */
const COMPRESSION_LEVEL = 3;

/** The same functions give the same bytes, so that a deployment changes only what changed. */
const ENTRY_TIME = new Date(1980, 0, 1);
const UNIX = 3;
const READABLE_BY_ALL = 0o100644 << 16;

/** Modules of others that are replaced, because what they bring is never used here and weighs on every cold start. */
const STAND_INS = [
  // A Lambda gets its credentials from the environment; the SDK's other sources would be half of every bundle.
  { module: /^@aws-sdk\/credential-provider-node$/, by: 'environment-credentials.mjs' },
  // No operation used here streams events, and the codec for them would be 15 KB of every bundle.
  { module: /^@smithy\/core\/event-streams$/, by: 'no-event-streams.mjs' },
  // No operation used here asks where its endpoint is, and the cache for the answers would be 10 KB of every bundle.
  { module: /^@aws-sdk\/middleware-endpoint-discovery$/, by: 'no-endpoint-discovery.mjs' },
  // A Lambda has no ~/.aws. Node's own module for reading it takes 2 ms to load, the SDK's reader is 2 KB.
  { module: /\/loadSharedConfigFiles$/, importedBy: /\/fromSharedConfigFiles\.js$/, by: 'no-configuration-files.mjs' },
  // Its region is in the environment as well; asking the metadata of a virtual machine for it would be 1 KB.
  { module: /\/getInstanceMetadataRegion$/, importedBy: /\/@smithy\/core\//, by: 'no-metadata-region.mjs' },
  // Node hashes by itself; the same in JavaScript, for a Node that could not, would be 4 KB.
  { module: /\/Sha256Js$/, importedBy: /\/@smithy\/core\//, by: 'no-hash-in-javascript.mjs' },
  // Nobody retries adaptively here, and measuring the rate that a service allows would be 3 KB.
  { module: /\/DefaultRateLimiter$/, importedBy: /\/@smithy\/core\//, by: 'no-rate-limiter.mjs' },
  // No function streams its answer. Node's web streams take 3 ms to load.
  { module: /^node:stream\/web$/, importedBy: /\/@middy\/core\//, by: 'no-web-streams.mjs' },
];

const standIns = {
  name: 'stand-ins',
  setup(build) {
    for (const { module: filter, importedBy = /(?:)/, by } of STAND_INS) {
      build.onResolve({ filter }, ({ importer }) => (importedBy.test(importer.replaceAll('\\', '/')) ? { path: path.join(__dirname, by) } : undefined));
    }
  },
};

/** Each SDK client brings its whole package.json to know its version. */
const versionsOnly = {
  name: 'versions-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path: file }) => {
      const { version } = JSON.parse(await readFile(file, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** Whose code may care which error it was. */
const CALLERS = ['adapters', 'functions'];

/**
 * Each SDK client registers a class for every error of its service, a tenth of a bundle in all. An error that nobody here calls by
 * its name needs none: the SDK then makes one of the client's base class, with the same name, message and metadata. The names of
 * traits are written in place, because esbuild keeps what has a computed key, whether somebody uses it or not.
 */
const leanSchemas = (root) => ({
  name: 'lean-schemas',
  setup(build) {
    const named = wordsIn(root, CALLERS);
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, async ({ path: file }) => {
      const [words, schemas, classes] = [await named, await readFile(file, 'utf8'), await readFile(path.join(file, '../../models/errors.js'), 'utf8')];
      const retried = new Set(classes.split(/^export class /m).filter((body) => body.includes('$retryable')).map((body) => /^\w+/.exec(body)?.[0]));
      const texts = new Map([...schemas.matchAll(/^const (_\w+) = ("[^"]*");$/gm)].map(([, name, text]) => [name, text]));
      const contents = schemas
        .replace(/^n\d+_registry\.registerError\((\w+)\$, \1\);$/gm, (line, error) => (words.has(error) || retried.has(error) ? line : ''))
        .replace(/\[(_\w+)\]: /g, (key, name) => (texts.has(name) ? `${texts.get(name)}: ` : key));
      return { contents, loader: 'js' };
    });
  },
});

async function wordsIn(root, folders) {
  const words = new Set();
  for (const folder of folders.map((name) => path.join(root, name)).filter((name) => existsSync(name))) {
    for (const file of await readdir(folder, { recursive: true })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      for (const [word] of (await readFile(path.join(folder, file), 'utf8')).matchAll(/\w+/g)) words.add(word);
    }
  }
  return words;
}

/** `entries` by name; each becomes `<outdir>/<name>/index.js`. One build for all: what they share is read and parsed once. */
async function bundle({ root, entries, outdir }) {
  return esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([name, entry]) => ({ in: entry, out: `${name}/index` })),
    outdir,
    inject: [path.join(__dirname, 'stack-traces.mjs')],
    bundle: true,
    minify: true,
    keepNames: false,
    platform: 'node',
    target: TARGET,
    format: 'cjs',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    mainFields: ['module', 'main'],
    plugins: [standIns, versionsOnly, leanSchemas(root)],
    logLevel: 'warning',
  });
}

/** The `files`, under their paths from `root`. */
async function zip(root, files) {
  const entries = {};
  for (const file of files) entries[file] = [await readFile(path.join(root, file)), { mtime: ENTRY_TIME, os: UNIX, attrs: READABLE_BY_ALL }];
  return zipSync(entries, { level: COMPRESSION_LEVEL });
}

class BundlePlugin {
  constructor(serverless) {
    this.serverless = serverless;
    const run = () => this.bundleAll();
    this.hooks = { 'before:package:createDeploymentArtifacts': run, 'before:deploy:function:packageFunction': run };
  }

  /** The zips are made here: osls would look through all of node_modules for every one of them. */
  async bundleAll() {
    const { service, serviceDir: root } = this.serverless;
    const functions = Object.entries(service.functions);
    await rm(path.join(root, 'dist'), { recursive: true, force: true });
    await bundle({ root, outdir: 'dist', entries: Object.fromEntries(functions.map(([name, fn]) => [name, fn.handler.replace(/\.[^./]+$/, '.ts')])) });
    await mkdir(path.join(root, '.serverless'), { recursive: true });
    for (const [name, fn] of functions) {
      fn.handler = `dist/${name}/index.${fn.handler.split('.').pop()}`;
      const artifact = path.join(root, '.serverless', `${name}.zip`);
      await writeFile(artifact, await zip(root, [`dist/${name}/index.js`, `dist/${name}/index.js.map`]));
      fn.package = { ...fn.package, artifact };
    }
  }
}

module.exports = BundlePlugin;
module.exports.bundle = bundle;
