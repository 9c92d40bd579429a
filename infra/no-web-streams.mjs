// Stands in for node:stream/web inside the bundles. Whoever adds a function that streams its answer removes it.
export class ReadableStream {
  static [Symbol.hasInstance]() {
    throw new Error('this bundle was built without web streams: remove the stand-in in infra/bundle.cjs');
  }
}
