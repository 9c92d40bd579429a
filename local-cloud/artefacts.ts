// The files a deployment brings along (function packages, templates), by S3 bucket and key. S3 itself is not modelled: CloudFormation
// and Lambda read from this shelf what they would fetch from a bucket.

export class ArtefactShelf {
  private readonly files = new Map<string, Uint8Array>();

  put(bucket: string, key: string, content: Uint8Array): void {
    this.files.set(`${bucket}/${key}`, content);
  }

  get(bucket: string, key: string): Uint8Array | undefined {
    return this.files.get(`${bucket}/${key}`);
  }
}
