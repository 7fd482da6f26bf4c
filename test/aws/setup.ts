import type { TestProject } from 'vitest/node';
import { type Moto, startMoto } from './moto.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of moto's server. */
    awsEndpoint: string;
  }
}

let moto: Moto | null = null;

/** Called once by vitest before the tests of the project. */
export async function setup(project: TestProject): Promise<void> {
  moto = await startMoto();
  project.provide('awsEndpoint', moto.url);
}

/** And once after them. */
export async function teardown(): Promise<void> {
  await moto?.close();
}
