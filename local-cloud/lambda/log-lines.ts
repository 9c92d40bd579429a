// The lines Lambda itself writes around an invocation, as text or (LoggingConfig LogFormat JSON) as platform events.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
import type { FunctionFault } from './runner.ts';

export interface InvocationReport {
  requestId: string;
  durationMs: number;
  memoryMb: number;
  memoryUsedMb: number;
  initDurationMs: number | undefined;
  status: 'success' | 'error' | 'timeout';
}

const rounded = (ms: number): string => ms.toFixed(2);

const platform = (time: string, type: string, record: object): string => JSON.stringify({ time, type: `platform.${type}`, record });

export interface LogLines {
  initStart(time: string, runtime: string): string | undefined;
  start(time: string, requestId: string): string | undefined;
  end(time: string, requestId: string): string | undefined;
  report(time: string, report: InvocationReport): string | undefined;
  fault(time: string, requestId: string, fault: FunctionFault): string;
}

const textLines: LogLines = {
  initStart: (_time, runtime) => `INIT_START Runtime Version: ${runtime}\tRuntime Version ARN: arn:aws:lambda:::runtime:local`,
  start: (_time, requestId) => `START RequestId: ${requestId} Version: $LATEST`,
  end: (_time, requestId) => `END RequestId: ${requestId}`,
  report: (_time, report) =>
    [
      `REPORT RequestId: ${report.requestId}`,
      `Duration: ${rounded(report.durationMs)} ms`,
      `Billed Duration: ${Math.ceil(report.durationMs + (report.initDurationMs ?? 0))} ms`,
      `Memory Size: ${report.memoryMb} MB`,
      `Max Memory Used: ${report.memoryUsedMb} MB`,
      ...(report.initDurationMs === undefined ? [] : [`Init Duration: ${rounded(report.initDurationMs)} ms`]),
      ...(report.status === 'success' ? [] : [`Status: ${report.status}`]),
    ].join('\t') + '\t',
  fault: (time, requestId, fault) => `${time}\t${requestId}\tERROR\t${JSON.stringify(fault)}`,
};

const jsonLines: LogLines = {
  initStart: (time, runtime) => platform(time, 'initStart', { initializationType: 'on-demand', phase: 'init', runtimeVersion: runtime }),
  start: (time, requestId) => platform(time, 'start', { requestId, version: '$LATEST' }),
  end: () => undefined,
  report: (time, report) =>
    platform(time, 'report', {
      requestId: report.requestId,
      status: report.status,
      metrics: {
        durationMs: Number(rounded(report.durationMs)),
        billedDurationMs: Math.ceil(report.durationMs + (report.initDurationMs ?? 0)),
        memorySizeMB: report.memoryMb,
        maxMemoryUsedMB: report.memoryUsedMb,
        ...(report.initDurationMs === undefined ? {} : { initDurationMs: Number(rounded(report.initDurationMs)) }),
      },
    }),
  fault: (time, requestId, fault) => JSON.stringify({ timestamp: time, level: 'ERROR', requestId, message: fault }),
};

/** SystemLogLevel WARN leaves out what Lambda says about every invocation. */
export function logLinesOf(logging: { format: 'Text' | 'JSON'; systemLevel: string | undefined }): LogLines {
  const lines = logging.format === 'JSON' ? jsonLines : textLines;
  const none = () => undefined;
  return logging.systemLevel === 'WARN' ? { ...lines, initStart: none, start: none, end: none, report: none } : lines;
}
