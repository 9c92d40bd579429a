// Goes first into every bundle: stack traces name the sources. With Node's --enable-source-maps every cold start reads and
// searches the bundle and its map, about a third of its time; here they are read when somebody looks at a trace.
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

let sourceMap;

/** `frame` as V8 prints it, with the place in the source where there is one. Its function's name stays the minified one where the map has no other. */
function inTheSource(frame) {
  const printed = String(frame);
  if (frame.getFileName() !== __filename) return printed;
  const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()];
  const { originalSource, originalLine, originalColumn } = sourceMap.findEntry(line - 1, column - 1);
  if (originalSource === undefined) return printed;
  return printed.replace(`${__filename}:${line}:${column}`, `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`);
}

Error.prepareStackTrace = (error, frames) => {
  const title = Error.prototype.toString.call(error);
  try {
    sourceMap ??= new SourceMap(JSON.parse(readFileSync(`${__filename}.map`, 'utf8')));
    return [title, ...frames.map(inTheSource)].join('\n    at ');
  } catch {
    return [title, ...frames].join('\n    at '); // a trace into the bundle is better than none
  }
};
