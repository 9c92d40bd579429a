// Basic image scanning. What a scan finds is set from outside, in process; without that it finds nothing.
import type {
  DescribeImageScanFindingsRequest, DescribeImageScanFindingsResponse, FindingSeverity, ImageScanFinding, StartImageScanRequest, StartImageScanResponse,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { EventSource } from '../kernel/ports.ts';
import type { ImageRecord, Repository, ScanOutcome, ScanRecord } from './repository.ts';

export const NOTHING_FOUND: ScanOutcome = { status: 'COMPLETE', findings: [] };
const DAY_MS = 24 * 3600_000;
const DESCRIPTIONS = { COMPLETE: 'The scan was completed successfully.', IN_PROGRESS: 'The scan is in progress.' };

/** Severities that nothing was found for are absent, here as in the event. */
export function severityCounts(findings: ImageScanFinding[]): Partial<Record<FindingSeverity, number>> {
  const counts: Partial<Record<FindingSeverity, number>> = {};
  for (const { severity = 'UNDEFINED' } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}

export class Scans {
  private readonly kernel: Kernel;
  private readonly events: EventSource;
  private readonly durationMs: number;
  private readonly outcomes = new Map<string, ScanOutcome>();

  constructor(kernel: Kernel, events: EventSource, durationMs: number) {
    this.kernel = kernel;
    this.events = events;
    this.durationMs = durationMs;
  }

  /** What later scans of the image will find; a scan that is already complete is told again, as a re-scan would. */
  setOutcome(repository: Repository, image: ImageRecord, outcome: ScanOutcome): void {
    this.outcomes.set(`${repository.settings.name}@${image.digest}`, outcome);
    if (image.scan?.completedAtMs !== undefined) this.complete(repository, image, image.scan);
  }

  start(repository: Repository, image: ImageRecord): void {
    const scan: ScanRecord = { startedAtMs: this.kernel.clock.nowMs(), completedAtMs: undefined, outcome: undefined, timer: undefined };
    scan.timer = this.kernel.clock.after(this.durationMs, () => this.complete(repository, image, scan));
    image.scan?.timer?.cancel();
    image.scan = scan;
  }

  handleStart(repository: Repository, input: StartImageScanRequest): StartImageScanResponse {
    const image = repository.image(input.imageId);
    if (image.manifest.kind === 'index') {
      throw new AwsError('UnsupportedImageTypeException', `The image with digest '${image.digest}' in the ${repository.describe()} is a manifest list, which cannot be scanned`);
    }
    if (image.scan && this.kernel.clock.nowMs() - image.scan.startedAtMs < DAY_MS) {
      throw new AwsError('LimitExceededException', 'The scan quota per image has been exceeded. Wait and try again.');
    }
    this.start(repository, image);
    return { ...heading(repository, image, input.imageId?.imageTag), imageScanStatus: { status: 'IN_PROGRESS' } };
  }

  handleDescribe(repository: Repository, input: DescribeImageScanFindingsRequest): DescribeImageScanFindingsResponse {
    const image = repository.image(input.imageId);
    const { scan } = image;
    const head = heading(repository, image, input.imageId?.imageTag);
    if (!scan) {
      throw new AwsError(
        'ScanNotFoundException',
        `Image scan does not exist for the image with '{imageDigest:'${image.digest}', imageTag:'${input.imageId?.imageTag ?? 'null'}'}' in the ${repository.describe()}`,
      );
    }
    if (!scan.outcome || scan.completedAtMs === undefined) return { ...head, imageScanStatus: { status: 'IN_PROGRESS', description: DESCRIPTIONS.IN_PROGRESS } };
    if (scan.outcome.status !== 'COMPLETE') return { ...head, imageScanStatus: scan.outcome };
    const from = Number(input.nextToken ?? 0);
    const size = input.maxResults ?? 100;
    const { findings } = scan.outcome;
    const completedAt = new Date(scan.completedAtMs);
    return {
      ...head,
      imageScanStatus: { status: 'COMPLETE', description: DESCRIPTIONS.COMPLETE },
      imageScanFindings: {
        imageScanCompletedAt: completedAt,
        vulnerabilitySourceUpdatedAt: completedAt,
        findings: findings.slice(from, from + size),
        findingSeverityCounts: severityCounts(findings),
      },
      nextToken: from + size < findings.length ? String(from + size) : undefined,
    };
  }

  private complete(repository: Repository, image: ImageRecord, scan: ScanRecord): void {
    const { name, arn } = repository.settings;
    scan.completedAtMs = this.kernel.clock.nowMs();
    scan.outcome = this.outcomes.get(`${name}@${image.digest}`) ?? NOTHING_FOUND;
    this.events.emit({
      source: 'aws.ecr',
      detailType: 'ECR Image Scan',
      resources: [arn],
      detail: {
        'scan-status': scan.outcome.status === 'COMPLETE' ? 'COMPLETE' : 'FAILED',
        'repository-name': name,
        ...(scan.outcome.status === 'COMPLETE' ? { 'finding-severity-counts': severityCounts(scan.outcome.findings) } : {}),
        'image-digest': image.digest,
        'image-tags': [...image.tags],
      },
    });
  }
}

const heading = (repository: Repository, image: ImageRecord, imageTag: string | undefined) => ({
  registryId: repository.settings.registryId,
  repositoryName: repository.settings.name,
  imageId: { imageDigest: image.digest, ...(imageTag === undefined ? {} : { imageTag }) },
});
