// Stands in for node:fs/promises inside the bundles, for the SDK's reader of ~/.aws: as if there were no such file, which in a
// Lambda is so.
export const readFile = async (path) => {
  throw Object.assign(new Error(`no configuration files in a Lambda: ${path}`), { code: 'ENOENT' });
};
