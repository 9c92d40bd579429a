// Stands in for the SDK's SHA-256 in JavaScript inside the bundles: it is only for a Node whose own crypto has none.
export class Sha256Js {
  constructor() {
    throw new Error('this Node has no SHA-256: remove the stand-in in infra/bundle.cjs');
  }
}
