interface Rule {
  /** What must hold, as one sentence. */
  readonly title: string
  /** What to do when it does not. */
  readonly advice: string
}

/** Everything a provider is held to. The ids are stable: a test, a badge or a ticket may name them. */
export const rules = {
  'contract.setup': {
    title: 'setup() succeeds, and at once',
    advice: 'Let setup() only build what it returns; do slow work, and work that may fail, at the first call.',
  },
  'contract.declared': {
    title: 'setup() returns exactly the providers that the manifest declares without a protocol',
    advice: 'Use the same ids under "contributes.providers" in plugboard.json and in what setup() returns.',
  },
  'contract.provider': {
    title: 'Each provider has api: 1 and a stream() method',
    advice: 'Return objects like { api: 1, stream(request, signal) { ... } }.',
  },
  'contract.iterable': {
    title: 'stream() returns an async iterable',
    advice: 'Make stream() an async generator, or return an object with [Symbol.asyncIterator]().',
  },
  'models.default': {
    title: 'The default model is one of the declared models',
    advice: 'Correct "defaultModel", or declare the model it names.',
  },
  'models.sent': {
    title: 'The host is asked for the model that the caller asked for',
    advice: 'Send request.model.id, for every model the manifest declares.',
  },
  'models.listed': {
    title: 'listModels() gives the models that the host lists, each once',
    advice: 'Return one { id } for each model of the list; a manifest with "modelDiscovery" needs listModels().',
  },
  'request.auth': {
    title: 'The key is sent in the place that the manifest declares',
    advice: 'Send secret("apiKey") as "auth" in the manifest says, or correct "auth".',
  },
  'request.context': {
    title: 'The whole conversation is sent',
    advice: 'Encode the system prompt and every message: text, tool calls and tool results.',
  },
  'request.known': {
    title: 'Every request is one that the host, or a cassette, has an answer for',
    advice:
      'Correct the method and the path; for a wire format of your own, add the exchange as cassettes/<feature>.json.',
  },
  'cassette.format': {
    title: 'Every cassette can be read',
    advice: 'Correct the field named; the format stands in the README of @plugboard/sdk/testing.',
  },
  'stream.events': {
    title: 'Only events of the contract are yielded, with all their fields',
    advice: 'Let EventBuilder write the events, or compare them with events.ts of the SDK.',
  },
  'stream.batches': {
    title: 'A batch is never empty',
    advice: 'Yield only when there is something to tell.',
  },
  'stream.start': {
    title: 'A start event comes first, and once',
    advice: 'Yield { type: "start" } before everything else, or leave it out: the kernel adds it.',
  },
  'stream.blocks': {
    title: 'A block begins, grows and ends, in this order and before the finish',
    advice: 'Yield its start first, its end once, and close every open block before the finish event.',
  },
  'stream.index': {
    title: 'Blocks are numbered from 0 in the order in which they start',
    advice: 'Count contentIndex up by one with each block that starts, and keep it to the end of the block.',
  },
  'stream.join': {
    title: 'The deltas of a block, joined, are the content of its end event',
    advice: 'Put into text_end and thinking_end exactly what the deltas said.',
  },
  'stream.finish': {
    title: 'A complete answer has exactly one finish event',
    advice: 'Yield { type: "finish", reason } once, when the host says that the answer is complete.',
  },
  'stream.after-finish': {
    title: 'Nothing follows the finish event',
    advice: 'Yield finish last; hold it back while the host may still tell something, for example the usage.',
  },
  'answer.completes': {
    title: 'A good answer of the host becomes an answer',
    advice: 'Look at the error or the silence reported: the host did nothing wrong.',
  },
  'answer.content': {
    title: 'Text and thoughts arrive as the host sent them',
    advice: 'Tell every piece once, in order, unchanged, thoughts as thinking and text as text.',
  },
  'answer.cuts': {
    title: 'The answer does not depend on how the network cuts it',
    advice: 'Decode bytes as a stream (SseReader does): a chunk may end within a character, a line or an event.',
  },
  'answer.slow': {
    title: 'A host that takes its time is waited for',
    advice: 'Set no time limit of your own below options.timeoutMs, which is 300,000 ms by default.',
  },
  'tools.id': {
    title: 'Every tool call has an id of its own, the same from start to end',
    advice: 'Use the id of the host; make one up where it gives none or repeats itself.',
  },
  'tools.name': {
    title: 'A tool call names the tool that the host named',
    advice: 'Take the name from the first piece that has one, and do not join or replace it.',
  },
  'tools.arguments': {
    title: 'The arguments of a tool call are what its deltas say, joined and parsed',
    advice: 'Join the pieces of one call, keep calls apart, and let parseArguments read them; none at all is {}.',
  },
  'usage.numbers': {
    title: 'Token counts are whole numbers, never negative',
    advice: 'Read counts as numbers and use 0 for those the host does not tell.',
  },
  'usage.cache': {
    title: 'Cached tokens are counted beside the input, not within it',
    advice: 'Subtract cache reads and cache writes from the input when the host counts them into it.',
  },
  'usage.reasoning': {
    title: 'The tokens of thoughts are part of the output',
    advice: 'Add the thoughts to the output when the host counts them apart, once, and tell them as `reasoning` too.',
  },
  'usage.total': {
    title: 'totalTokens is input + output + cacheRead + cacheWrite',
    advice: 'Compute it from the four counts.',
  },
  'usage.reported': {
    title: 'The usage that the host tells is on the finish event',
    advice: 'Read the usage also where it comes late, and put it on the finish event.',
  },
  'finish.reason': {
    title: 'The reason of the finish says why the answer ended',
    advice: 'Map the word of the host to stop, length, toolUse or contentFilter.',
  },
  'errors.typed': {
    title: 'Failures are ProviderErrors with a class of the contract',
    advice: 'Throw a ProviderError; classifyFailure makes one of any HTTP answer.',
  },
  'errors.auth': {
    title: 'A refused key is an error of class auth',
    advice: 'Hand status and body to classifyFailure, or add a rule under "errors" in the manifest.',
  },
  'errors.rate-limit': {
    title: 'A rate limit is an error of class rate_limit that says when to come back',
    advice: 'Hand status, headers and body to classifyFailure: it reads every retry hint. Do not retry on your own.',
  },
  'errors.overflow': {
    title: 'A conversation that is too long is an error of class context_overflow',
    advice: 'Hand status and body to classifyFailure, or add a rule under "errors" in the manifest.',
  },
  'errors.server': {
    title: 'A failing host is an error of class server or overloaded',
    advice: 'Look at the status before reading the body as an answer.',
  },
  'errors.network': {
    title: 'A lost connection is an error of class network',
    advice: 'Let the error of context.http pass, or wrap it as a ProviderError of class network.',
  },
  'errors.in-stream': {
    title: 'An error inside a stream that began well is an error',
    advice: 'Look for the error object in every event; classifyFailure sorts it.',
  },
  'errors.unreadable': {
    title: 'An answer that cannot be read is an error',
    advice: 'Throw a ProviderError of class server when what came is no answer: a web page, broken JSON.',
  },
  'errors.cassette': {
    title: 'A failure has the class that its cassette expects',
    advice: 'Map the error to the class, or correct "expect" in the cassette.',
  },
  'truncation.error': {
    title: 'An answer that was cut never looks complete',
    advice: 'Yield finish only when the host said that the answer is complete; throw when the stream just ends.',
  },
  'abort.iterator': {
    title: 'After an abort the iterator ends',
    advice: 'Pass the signal on to everything you wait for.',
  },
  'abort.upstream': {
    title: 'After an abort the host is asked no more',
    advice: 'Give the signal to context.http: it closes the connection.',
  },
  'return.frees': {
    title: 'A reader that leaves frees the connection',
    advice: 'Return the iterator of the body in a finally block, or loop over it with for await.',
  },
  'secrets.request': {
    title: 'Secrets travel in headers only',
    advice: 'Send the key in the declared header: URLs and bodies end up in logs.',
  },
  'secrets.events': {
    title: 'No event holds a secret',
    advice: 'Do not copy request data into events.',
  },
  'secrets.errors': {
    title: 'No error holds a secret, though the host repeats it',
    advice: 'Redact what the host says before you quote it: classifyFailure({ secrets }) and redact() do.',
  },
  'secrets.logs': {
    title: 'No log line holds a secret',
    advice: 'Log the Secret itself, which shows as a mask, and never request headers or error bodies.',
  },
  'hosts.declared': {
    title: 'Only declared hosts are contacted, and through context.http',
    advice:
      'Add the host to permissions.net in plugboard.json and reach it through context.http, or do not contact it.',
  },
  'parallel.apart': {
    title: 'Answers that run at the same time do not mix',
    advice: 'Keep the state of an answer inside the call of stream().',
  },
  'instances.apart': {
    title: 'Two versions of the plugin do not influence each other',
    advice: 'Keep no state at module level: make everything inside setup().',
  },
  'dispose.undo': {
    title: 'What was given to defer() can be undone, and ends',
    advice: 'Let each deferred function undo one thing, without throwing and without waiting for others.',
  },
  'dispose.sockets': {
    title: 'A version that is gone holds no connection',
    advice: 'Use context.http, or close your own agents and sockets in context.defer().',
  },
} as const satisfies Readonly<Record<string, Rule>>

export type RuleId = keyof typeof rules

export const ruleIds = Object.keys(rules) as readonly RuleId[]
