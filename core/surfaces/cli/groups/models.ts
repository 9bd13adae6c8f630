import type { Command } from 'commander'
import { models as list } from '../commands/models.ts'
import { modelsDefault } from '../commands/models-default.ts'
import { modelsRecommend } from '../commands/models-recommend.ts'

export function models(program: Command): void {
  const models = list(program)
  modelsDefault(models)
  modelsRecommend(models)
}
