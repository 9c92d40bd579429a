export { CloudWatchModel } from './model.ts';
