export declare const picture: (transcript: string) => string;
