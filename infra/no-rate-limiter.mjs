// Stands in for the SDK's measuring of rates inside the bundles. Whoever sets the retry mode `adaptive` removes it.
export class DefaultRateLimiter {
  constructor() {
    throw new Error('this bundle was built without adaptive retries: remove the stand-in in infra/bundle.cjs');
  }
}
