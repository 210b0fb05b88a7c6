import * as architecture from './architecture';
import type { Case, FailingCase } from './case';
import * as chatTemplate from './chat-template';
import * as files from './files';
import * as regions from './regions';
import * as renamedSettings from './renamed-settings';
import * as safetensors from './safetensors';
import * as tokenizer from './tokenizer';
import * as transformers from './transformers';
import * as weights from './weights';
import * as weightsIndex from './weights-index';

export type { Case, FailingCase } from './case';

const THEMES = [files, architecture, regions, weights, safetensors, weightsIndex, transformers, renamedSettings, tokenizer, chatTemplate];

/** For each rule, models that break it. */
export const FAILING: readonly FailingCase[] = THEMES.flatMap(theme => theme.FAILING);

/** For each rule, models that come close to breaking it. */
export const PASSING: readonly Case[] = THEMES.flatMap(theme => theme.PASSING);
