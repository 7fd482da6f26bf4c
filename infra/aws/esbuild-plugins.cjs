// What the bundles of the functions need beside serverless.yml's own settings of esbuild.
const { cpSync, mkdirSync } = require('node:fs');
const { dirname, join } = require('node:path');

/**
 * Bolt imports every way to receive requests, and with them a web server, OAuth and a WebSocket client. The functions have one
 * way, API Gateway: the others are left out, which is most of the size and of the time to start.
 */
const NEVER_RUN = /^(express|raw-body|path-to-regexp|@slack\/(oauth|socket-mode))$/;
const leanBolt = {
  name: 'lean-bolt',
  setup(build) {
    build.onResolve({ filter: NEVER_RUN }, ({ path, importer }) =>
      importer.includes(join('node_modules', '@slack', 'bolt')) ? { path, namespace: 'never-run' } : undefined,
    );
    // The names that are looked up while Bolt is imported; whoever calls one of them gets an error at once.
    build.onLoad({ filter: /./, namespace: 'never-run' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

/**
 * The function that acknowledges has to start within Slack's 3 s. Lambda puts credentials into the environment: the other ways to
 * find some, with the clients that they ask, are left out. And of the AWS libraries only what is called: their ES modules can be
 * taken apart, which by default esbuild does not choose for Node.
 */
const CREDENTIALS = /^@aws-sdk\/credential-provider-node$/;
const leanAck = {
  name: 'lean-ack',
  setup(build) {
    if (!String(build.initialOptions.entryPoints).endsWith('on-command.ts')) return;
    build.initialOptions.mainFields = ['module', 'main'];
    build.onResolve({ filter: CREDENTIALS }, ({ path, resolveDir }) => ({
      path,
      namespace: 'of-environment',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /./, namespace: 'of-environment' }, ({ pluginData: resolveDir }) => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir,
      loader: 'js',
    }));
  },
};

/** Fonts and the WebAssembly of the picture, beside the one bundle that draws it (src/picture/assets.ts looks there). */
const ASSETS = {
  'resvg.wasm': '@resvg/resvg-wasm/index_bg.wasm',
  'DejaVuSans.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  'DejaVuSans-Bold.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
};
const assets = {
  name: 'assets',
  setup(build) {
    const { entryPoints, outdir } = build.initialOptions;
    if (!String(entryPoints).endsWith('on-job.ts')) return;
    // serverless-esbuild packs a folder of this name into the one function only.
    const folder = join(dirname(dirname(outdir)), '__only_onJob', 'src', 'handlers', 'assets');
    build.onEnd(() => {
      mkdirSync(folder, { recursive: true });
      for (const [name, specifier] of Object.entries(ASSETS)) cpSync(require.resolve(specifier), join(folder, name));
    });
  },
};

module.exports = [leanBolt, leanAck, assets];
