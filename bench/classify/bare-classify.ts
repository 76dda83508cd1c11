// The bare loop of classification as the benchmark runs it beside the service: a process a core.
import { availableParallelism } from 'node:os';
import { Child } from '../child.js';

export interface BareClassifyQuestion {
  readonly warmupMs: number;
  readonly measureMs: number;
}
export interface BareClassifyReport {
  readonly images: number;
  readonly seconds: number;
  /** Of the process, all threads. */
  readonly cpuMs: number;
}
export interface BareClassifyFigures {
  readonly imagesPerSecond: number;
  readonly cpuMsPerImage: number;
}

export class BareClassify {
  readonly #children: readonly Child<BareClassifyQuestion, BareClassifyReport>[];

  /** @param folder where the pictures lie @param modelFolder the folder of a version */
  constructor(folder: string, modelFolder: string) {
    const cores = availableParallelism();
    const file = new URL('bare-classify-process.js', import.meta.url);
    this.#children = Array.from(
      { length: cores },
      (_, place) => new Child(file, [folder, modelFolder, String(place), String(cores)]),
    );
  }

  async measure(question: BareClassifyQuestion): Promise<BareClassifyFigures> {
    const reports = await Promise.all(this.#children.map((child) => child.ask(question)));
    const images = reports.reduce((sum, report) => sum + report.images, 0);
    return {
      imagesPerSecond: reports.reduce((sum, report) => sum + report.images / report.seconds, 0),
      cpuMsPerImage: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / images,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.close()));
  }
}
