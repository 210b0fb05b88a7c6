import { createHash } from 'node:crypto';
import { bytesOf, type ModelFiles, sizeOf } from './model-files';
import type { ModelFile, ModelFolder } from '../../src/model-format';

/** A folder of a model in memory, which counts what is read. */
export class MemoryFolder implements ModelFolder {
  public lists = 0;
  public readonly reads: { readonly path: string; readonly start: number; readonly end: number }[] = [];
  /** The most reads at one time. */
  public mostAtOnce = 0;
  private atOnce = 0;

  constructor(private readonly files: ModelFiles) {}

  /** The bytes that have been read. */
  public get bytes(): number {
    return this.reads.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  public async list(): Promise<ModelFile[]> {
    this.lists++;
    return Object.entries(this.files).map(([path, content]) => (
      { path, size: sizeOf(content), etag: createHash('md5').update(bytesOf(content)).digest('hex') }
    ));
  }

  public async read(path: string, start: number, end: number): Promise<Uint8Array> {
    this.reads.push({ path, start, end });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await new Promise(resolve => setImmediate(resolve));
    this.atOnce--;
    if (!Object.hasOwn(this.files, path)) throw new Error(`${path} does not exist`);
    const content = this.files[path];
    const available = Math.min(end, sizeOf(content));
    const bytes = bytesOf(content).subarray(start, available);
    // The part of a sparse file that does not exist is zeros.
    if (bytes.length === available - start) return bytes;
    const filled = new Uint8Array(available - start);
    filled.set(bytes);
    return filled;
  }
}
