import { messageOf } from '../core/errors.ts'
import { StartError } from '../graph/node.ts'
import { compileTemplate, type TemplateOptions } from '../template/template.ts'
import type { Value } from '../template/values.ts'

export interface NodeTemplate {
  /** Calls back with the reason and answers undefined where the template fails on the data. */
  render(data: Value, onError: (reason: string) => void): string | undefined
}

/**
 * Compiles a template in a node's constructor.
 * @param name How its error messages call it.
 * @throws StartError
 */
export function compileTemplateOrRefuse(name: string, text: string, options?: TemplateOptions): NodeTemplate {
  try {
    const template = compileTemplate(name, text, options)
    return {
      render(data, onError) {
        try {
          return template.render(data)
        } catch (error) {
          onError(messageOf(error))
          return undefined
        }
      }
    }
  } catch (error) {
    throw new StartError(messageOf(error))
  }
}
