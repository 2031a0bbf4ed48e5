//! The forms in which programs have text and bytes. Calls take each of them where an owned
//! type is declared.

/// Calls a macro with each type of owned text and the other types that are taken for it. The
/// owned type itself and a reference to it are not among them.
macro_rules! for_each_text {
    ($implement:ident) => {
        $implement! {
            String:
                &str, &&str, Box<str>, &Box<str>, Arc<str>, &Arc<str>, Cow<'_, str>, &Cow<'_, str>;
            Box<str>:
                &str, &&str, String, &String, Arc<str>, &Arc<str>, Cow<'_, str>, &Cow<'_, str>;
            Arc<str>:
                &str, &&str, String, &String, Box<str>, &Box<str>, Cow<'_, str>, &Cow<'_, str>;
            Cow<'static, str>:
                &str, &&str, String, &String, Box<str>, &Box<str>, Arc<str>, &Arc<str>;
        }
    };
}

pub(crate) use for_each_text;
