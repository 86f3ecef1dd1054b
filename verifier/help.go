package main

const help = `lastday-verify checks whether the record of an offboarding was altered.

  lastday-verify --key KEY [--checkpoint FILE]... [--witness KEY]... FILE|FOLDER

It works offline: it calls nobody, writes nothing and needs no account.

What to check
  FILE      the zip file of one case, as "starter record export" or the page of
            the case gives it
  FOLDER    the whole log, as "starter record export --log" writes it

What you bring
  --key KEY, -k
            The log's public key: one line, NAME+1a2b3c4d+BASE64, or a file that
            holds it. Get it once from the company in a way you trust (on paper,
            in the contract, read aloud) and keep it. Never take it from the file
            that you check: who forged the file would have forged the key, too.
            May be given more than once, if the company changed its key.

  --checkpoint FILE, -c
            A file with a checkpoint that you got from somewhere else. A
            checkpoint is the log's signed statement of what it holds: three
            lines of text, an empty line and lines that begin with a dash. Lastday
            puts each one outside its own database, for instance into a Slack
            channel. Copy one from there into a text file. It is what shows that
            the company itself did not write another history. May be given more
            than once; those you keep from earlier audits are the best.

            For a case: one that was posted after the case had ended. The report
            names the newest, and where it lies.
            For a whole log: the newest that was posted before the export.

  --witness KEY, -w
            The public key of an independent witness, if the company uses one. Its
            signature does the same as a checkpoint of your own.

  --json    write the report as JSON

What comes out
  A report that says of each check whether it passed, failed or could not be made,
  and one of three verdicts. The exit code says the same:

  0  intact      everything fits, and somebody out of the company's reach vouches
                 for it
  1  tampered    something is not as it was recorded; the report says what
  3  cannot say  nothing wrong was found, but something that matters could not be
                 checked; the report says what is missing
  2              the program was not used rightly; nothing was checked

Example
  lastday-verify --key lastday.pub --checkpoint from-slack.txt case.zip
`
