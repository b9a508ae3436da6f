/** Whoever was asked gave no answer that says yes or no. The message never holds what was sent or what came. */
export class UnusableAnswer extends Error {}
