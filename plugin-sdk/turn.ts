let ending: Promise<void> | undefined

/**
 * Resolves when everything that has arrived in this turn of the event loop is taken in, for all who wait for that in a row.
 * A server that does each step of its requests for all of them at once needs less time than one that does all steps of one
 * after the other: the processor has the code of the step at hand. It delays nobody by more than that turn.
 */
export const endOfTurn = (): Promise<void> => (ending ??= new Promise(endWithTurn))

function endWithTurn(resolve: () => void): void {
  setImmediate(() => {
    ending = undefined
    resolve()
  })
}
