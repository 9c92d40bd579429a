// What people call an image.
import type { Image } from '../release/model.ts';
import { shortDigest } from './digest.ts';

/** `shop/checkout:1.2.0` */
export const taggedName = ({ repository, tag }: Image): string => `${repository}${tag ? `:${tag}` : ''}`;

/** `shop/checkout:1.2.0 (68c4a2b57417)` */
export const imageName = (image: Image): string => `${taggedName(image)} (${shortDigest(image.digest)})`;

/** `1.2.0`, or `68c4a2b57417` where it has no tag. */
export const shortName = ({ tag, digest }: Image): string => tag ?? shortDigest(digest);
